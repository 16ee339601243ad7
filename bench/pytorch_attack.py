"""Times the attacks of `doubleback bench attack` with torchattacks and foolbox on PyTorch, on the CPU; prints the same lines.

Each library's own FGSM, and its own PGD with the same eps, step size, number of steps and random start, as a user would call them.
"""
import foolbox
import torch
import torchattacks

import timing
from pytorch_networks import build

EPS = 0.1
STEP = EPS / 4


def main():
    options = timing.parser(__doc__.splitlines()[0])
    options.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    network, images, labels = build(given.arch, given.pool, given.batch, given.channels_last)
    network.eval()

    fgsm = torchattacks.FGSM(network, eps=EPS)
    pgd = torchattacks.PGD(network, eps=EPS, alpha=STEP, steps=10, random_start=True)
    attacks = {"fgsm": lambda: fgsm(images, labels), "pgd-10": lambda: pgd(images, labels)}
    layout = ", channels last" if given.channels_last else ""
    timing.time_attacks(f"torchattacks {torchattacks.__version__}{layout}", attacks, given.batch, given.runs)

    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    fast = foolbox.attacks.LinfFastGradientAttack()
    projected = foolbox.attacks.LinfPGD(abs_stepsize=STEP, steps=10, random_start=True)
    attacks = {
        "fgsm": lambda: fast(model, images, labels, epsilons=EPS),
        "pgd-10": lambda: projected(model, images, labels, epsilons=EPS),
    }
    timing.time_attacks(f"foolbox {foolbox.__version__}{layout}", attacks, given.batch, given.runs)


if __name__ == "__main__":
    main()
