"""Times the attacks of `doubleback bench attack` with torchattacks and foolbox on PyTorch, on the CPU; prints the same lines.

Each library's own FGSM, and its own PGD with the same eps, step size, number of steps and random start, as a user would call them.
"""
import torch

import timing
from pytorch_networks import build

EPS = 0.1
# Steps of PGD and their length.
PGD = {"pgd-10": (10, EPS / 4), "pgd-40": (40, EPS / 30)}


def torchattacks_attacks(network):
    """The engine's name, and each attack as a function of images and labels."""
    import torchattacks

    attacks = {"fgsm": torchattacks.FGSM(network, eps=EPS)}
    for name, (steps, step) in PGD.items():
        attacks[name] = torchattacks.PGD(network, eps=EPS, alpha=step, steps=steps, random_start=True)
    return f"torchattacks {torchattacks.__version__}", attacks


def foolbox_attacks(network):
    """The same of foolbox."""
    import foolbox

    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    attacks = {"fgsm": foolbox.attacks.LinfFastGradientAttack()}
    for name, (steps, step) in PGD.items():
        attacks[name] = foolbox.attacks.LinfPGD(abs_stepsize=step, steps=steps, random_start=True)

    def called(attack):
        return lambda images, labels: attack(model, images, labels, epsilons=EPS)

    return f"foolbox {foolbox.__version__}", {name: called(attack) for name, attack in attacks.items()}


def main():
    options = timing.parser(__doc__.splitlines()[0])
    options.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    options.add_argument("--only", choices=timing.ATTACKS, help="by default fgsm and pgd-10")
    options.add_argument("--count", type=int, help="images in all, batch after batch; by default one batch")
    options.add_argument("--library", choices=("both", "torchattacks", "foolbox"), default="both")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    count = given.count or given.batch
    network, images, labels = build(given.arch, given.pool, count, given.channels_last)
    network.eval()
    layout = ", channels last" if given.channels_last else ""

    def on_all(attack):
        batches = list(zip(images.split(given.batch), labels.split(given.batch)))
        return lambda: [attack(*batch) for batch in batches]

    libraries = {"torchattacks": torchattacks_attacks, "foolbox": foolbox_attacks}
    for library, attacks_of in libraries.items():
        if given.library in ("both", library):
            engine, attacks = attacks_of(network)
            names = [given.only] if given.only else ("fgsm", "pgd-10")
            timing.time_attacks(engine + layout, {name: on_all(attacks[name]) for name in names}, count, given.runs)


if __name__ == "__main__":
    main()
