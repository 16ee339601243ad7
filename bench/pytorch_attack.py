"""Times the attacks of `doubleback bench attack` with torchattacks, foolbox and pyautoattack on PyTorch, on the CPU; prints the same lines.

Each library's own attack, with the same eps, steps and number of starts. Those of the standard ensemble run 100 steps, towards 9 targets where they aim at
classes, or 5,000 queries; Carlini & Wagner's is foolbox's with 9 searches of at most 1,000 steps, and torchattacks' 1,000 steps with its one weight, 1.
These depend on how soon the network yields: give it trained weights and the test images of MNIST.
"""
import gzip
from pathlib import Path

import numpy
import torch

import timing
from pytorch_networks import build

# Steps of PGD, and their length as a part of eps.
PGD = {"pgd-10": (10, 4), "pgd-40": (40, 30)}
STEPS, TARGETS, QUERIES = 100, 9, 5000


def torchattacks_attacks(network, eps):
    """The engine's name, and each attack as a function of images and labels that gives examples."""
    import torchattacks

    attacks = {
        "fgsm": torchattacks.FGSM(network, eps=eps),
        "apgd-ce": torchattacks.APGD(network, eps=eps, steps=STEPS, n_restarts=1, loss="ce"),
        "apgd-t": torchattacks.APGDT(network, eps=eps, steps=STEPS, n_restarts=1, n_classes=TARGETS + 1),
        "fab-t": torchattacks.FAB(network, eps=eps, steps=STEPS, n_restarts=1, multi_targeted=True, n_classes=TARGETS + 1),
        "square": torchattacks.Square(network, eps=eps, n_queries=QUERIES, n_restarts=1),
        "cw-l2": torchattacks.CW(network, c=1, steps=1000, lr=0.01),
        "deepfool": torchattacks.DeepFool(network, steps=50, overshoot=0.02),
    }
    for name, (steps, part) in PGD.items():
        attacks[name] = torchattacks.PGD(network, eps=eps, alpha=eps / part, steps=steps, random_start=True)
    return f"torchattacks {torchattacks.__version__}", attacks


def foolbox_attacks(network, eps):
    """The same of foolbox."""
    import foolbox

    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    of = foolbox.attacks
    attacks = {"fgsm": (of.LinfFastGradientAttack(), eps), "deepfool": (of.L2DeepFoolAttack(steps=50, overshoot=0.02), None)}
    attacks["cw-l2"] = (of.L2CarliniWagnerAttack(binary_search_steps=9, steps=1000, stepsize=0.01, confidence=0, initial_const=1e-3), None)
    for name, (steps, part) in PGD.items():
        attacks[name] = (of.LinfPGD(abs_stepsize=eps / part, steps=steps, random_start=True), eps)

    def called(attack, eps):
        return lambda images, labels: attack(model, images, labels, epsilons=eps)[1]

    return f"foolbox {foolbox.__version__}", {name: called(*attack) for name, attack in attacks.items()}


def pyautoattack_attacks(network, eps):
    """The same of pyautoattack, the standard ensemble's own program."""
    from importlib.metadata import PackageNotFoundError, version

    from pyautoattack import AutoAttack

    ensemble = AutoAttack(network, norm="Linf", eps=eps, version="custom", attacks=[], device="cpu", seed=0)
    ensemble.verbose = False
    for part in (ensemble.apgd, ensemble.apgd_targeted, ensemble.fab):
        part.n_iter, part.n_restarts = STEPS, 1
    ensemble.square.n_queries = QUERIES
    ensemble.fab.n_target_classes = ensemble.apgd_targeted.n_target_classes = TARGETS

    def called(name):
        def attack(images, labels):
            ensemble.attacks_to_run = [name]
            return ensemble.run_standard_evaluation(images, labels, batch_size=len(images))[0]

        return attack

    try:
        name = f"pyautoattack {version('pyautoattack')}"
    except PackageNotFoundError:
        name = "pyautoattack"
    return name, {attack: called(attack) for attack, of in timing.ATTACKS.items() if "pyautoattack" in of}


def first_images(folder, count):
    """The first test images of MNIST from 0 to 1, and their labels."""
    pixels = numpy.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read(), numpy.uint8, offset=16)
    labels = numpy.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read(), numpy.uint8, offset=8)
    images = torch.from_numpy(pixels.reshape(-1, 1, 28, 28)[:count] / numpy.float32(255))
    return images, torch.from_numpy(labels[:count].astype(numpy.int64))


def load(network, path):
    """Weights of a file of the TRADES authors' form, which has the same layers in the same order."""
    values = list(torch.load(path, map_location="cpu").values())
    parameters = list(network.parameters())
    if [value.shape for value in values] != [parameter.shape for parameter in parameters]:
        raise SystemExit(f"{path} does not hold the weights of this network")
    with torch.no_grad():
        for parameter, value in zip(parameters, values):
            parameter.copy_(value)
            # Their gradients are not asked for, so the peer need not compute them.
            parameter.requires_grad_(False)


def main():
    options = timing.parser(__doc__.splitlines()[0])
    options.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    options.add_argument("--only", choices=timing.ATTACKS, help="by default fgsm and pgd-10")
    options.add_argument("--count", type=int, help="images in all, batch after batch; by default one batch")
    options.add_argument("--library", choices=("all", *timing.LIBRARIES), default="all")
    options.add_argument("--eps", type=float, default=0.1)
    options.add_argument("--model", type=Path, help="weights of small-cnn in PyTorch's form, instead of random ones")
    options.add_argument("--data", type=Path, help="with --model: a folder with mnist/, whose first test images are attacked")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    count = given.count or given.batch
    network, images, labels = build(given.arch, given.pool, count, given.channels_last)
    network.eval()
    if given.model:
        load(network, given.model)
        images, labels = first_images(given.data / "mnist", count)
        if given.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
    layout = ", channels last" if given.channels_last else ""
    batches = list(zip(images.split(given.batch), labels.split(given.batch)))
    libraries = {"torchattacks": torchattacks_attacks, "foolbox": foolbox_attacks, "pyautoattack": pyautoattack_attacks}
    for library, attacks_of in libraries.items():
        names = [name for name in ([given.only] if given.only else ("fgsm", "pgd-10")) if library in timing.ATTACKS[name]]
        if not names or given.library not in ("all", library):
            continue
        engine, attacks = attacks_of(network, given.eps)
        for name in names:
            found = []

            def on_all():
                found[:] = [attacks[name](*batch) for batch in batches]

            def warm_up():
                # Short attacks twice; of others one image.
                if name in timing.SHORT:
                    on_all()
                    on_all()
                else:
                    attacks[name](images[:1], labels[:1])

            def shares():
                examples = torch.cat([batch.detach() for batch in found])
                with torch.no_grad():
                    right = (network(examples).argmax(1) == labels).float().mean().item()
                changed = (examples != images).flatten(1).sum(1).float().mean().item()
                return {"success": round(1 - right, 6), "accuracy": round(right, 6), "mean_changed": round(changed, 2)}

            timing.time_attack(engine + layout, name, on_all, warm_up, count, given.runs, shares)


if __name__ == "__main__":
    main()
