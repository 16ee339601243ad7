"""Accuracy under PGD in Linf and L2 of torchattacks and foolbox, on paper-cnn with weights that doubleback trained: their answers beside ours.

The images are those of an .npz file that `doubleback attack --out` wrote; `doubleback attack --attack pgd --norm … --eps …` with the same steps
and step size gives ours. Random starts differ, so accuracies agree up to some images.
"""
import argparse
import json

import foolbox
import numpy
import torch
import torchattacks

from pytorch_jsma import load_paper_cnn
from pytorch_networks import build


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", required=True, help="paper-cnn, .safetensors")
    options.add_argument("--images", required=True, help="originals and label, .npz")
    options.add_argument("--pool", choices=("max", "avg"), default="max")
    options.add_argument("--linf", type=float, nargs="*", default=[0.05, 0.1])
    options.add_argument("--l2", type=float, nargs="*", default=[0.5, 1.0])
    options.add_argument("--steps", type=int, default=20)
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    arrays = numpy.load(given.images)
    images, labels = torch.from_numpy(arrays["originals"]), torch.from_numpy(arrays["label"])
    network, _, _ = build("paper-cnn", given.pool, len(labels), channels_last=False)
    load_paper_cnn(network, given.model)
    network.eval()
    for parameter in network.parameters():
        # Their gradients are not asked for, so the peers need not compute them.
        parameter.requires_grad_(False)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")

    def accuracy(x):
        with torch.no_grad():
            return (network(x).argmax(1) == labels).float().mean().item()

    def show(engine, norm, eps, examples):
        length = (examples - images).flatten(1)
        length = length.abs().amax(1) if norm == "linf" else length.norm(dim=1)
        print(json.dumps({"engine": engine, "norm": norm, "eps": eps, "accuracy": round(accuracy(examples), 4),
                          "largest": round(length.max().item(), 4)}), flush=True)

    print(json.dumps({"count": len(labels), "clean_accuracy": round(accuracy(images), 4)}))
    for norm, sizes in (("linf", given.linf), ("l2", given.l2)):
        for eps in sizes:
            step = 2.5 * eps / given.steps
            if norm == "linf":
                theirs = torchattacks.PGD(network, eps=eps, alpha=step, steps=given.steps, random_start=True)
                fool = foolbox.attacks.LinfPGD(abs_stepsize=step, steps=given.steps, random_start=True)
            else:
                theirs = torchattacks.PGDL2(network, eps=eps, alpha=step, steps=given.steps, random_start=True)
                fool = foolbox.attacks.L2PGD(abs_stepsize=step, steps=given.steps, random_start=True)
            show(f"torchattacks {torchattacks.__version__}", norm, eps, theirs(images, labels))
            show(f"foolbox {foolbox.__version__}", norm, eps, fool(model, images, labels, epsilons=eps)[1])


if __name__ == "__main__":
    main()
