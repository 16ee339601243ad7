"""How far the nearest examples are that attacks find, beside torchattacks and foolbox, on the MNIST network of the TRADES authors.

    python scripts/compare-distances.py --binary target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 20 --attacks cw-l2

The images are those that doubleback draws. A median is over all images: one without an example counts as farther than any. Needs torch, torchattacks
3.5.1 and foolbox 3.3.4, and takes adv-lib if it is there. DIR holds mnist/ with the official files.
"""
import argparse
import gzip
import importlib.util
import json
import os
import pathlib
import subprocess
import tempfile
import time

import foolbox
import numpy as np
import torch
import torchattacks


def beside(name):
    """Another script of this folder."""
    path = pathlib.Path(__file__).with_name(name)
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_images(folder, index):
    """Images of the test set from 0 to 1, and their labels."""
    pixels = np.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    labels = np.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    images = torch.from_numpy(pixels.reshape(-1, 1, 28, 28)[index] / np.float32(255))
    return images, torch.from_numpy(labels[index].astype(np.int64))


def peers(net, model):
    """By attack: options of ours, the order of the norm, and each peer's own as a function of images and labels that gives examples."""

    def torch_cw(c):
        return lambda x, y: torchattacks.CW(net, c=c, kappa=0, steps=1000, lr=0.01)(x, y)

    def of_foolbox(attack):
        return lambda x, y: attack(model, x, y, epsilons=None)[1]

    cw = foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=9, steps=1000, stepsize=0.01, confidence=0, initial_const=1e-3)
    found = {
        "deepfool": ([], 2, {
            "torchattacks": lambda x, y: torchattacks.DeepFool(net, steps=50, overshoot=0.02)(x, y),
            "foolbox": of_foolbox(foolbox.attacks.L2DeepFoolAttack(steps=50, overshoot=0.02)),
        }),
        "ddn": ([], 2, {"foolbox": of_foolbox(foolbox.attacks.DDNAttack(steps=100))}),
        "cw-l2": ([], 2, {"torchattacks, c = 1": torch_cw(1), "torchattacks, c = 10": torch_cw(10), "foolbox": of_foolbox(cw)}),
        "fmn": (["--steps", "1000"], 2, {"foolbox": of_foolbox(foolbox.attacks.L2FMNAttack(steps=1000))}),
        "fmn-linf": (["--steps", "1000", "--norm", "linf"], torch.inf, {"foolbox": of_foolbox(foolbox.attacks.LInfFMNAttack(steps=1000))}),
        "fmn-l1": (["--steps", "1000", "--norm", "l1"], 1, {"foolbox": of_foolbox(foolbox.attacks.L1FMNAttack(steps=1000))}),
    }
    try:
        from adv_lib.attacks import fmn
    except ImportError:
        return found
    for name in ("fmn", "fmn-linf", "fmn-l1"):
        order = found[name][1]
        found[name][2]["adv-lib"] = lambda x, y, order=order: fmn(net, x, y, norm=order, steps=1000)
    return found


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--binary", required=True)
    a.add_argument("--weights", required=True)
    a.add_argument("--data", required=True, type=pathlib.Path)
    a.add_argument("--count", default=20, type=int)
    a.add_argument("--attacks", default="deepfool,ddn,cw-l2,fmn,fmn-linf,fmn-l1", help="of these, separated by commas")
    a.add_argument("--threads", default=2, type=int)
    given = a.parse_args()
    torch.set_num_threads(given.threads)
    net = beside("compare-attacks.py").SmallCnn()
    net.load_state_dict(torch.load(given.weights, map_location="cpu"))
    net.eval()
    of_all = peers(net, foolbox.PyTorchModel(net, bounds=(0, 1)))

    def report(attack, engine, found, median, started):
        median = "none" if median is None or np.isinf(median) else f"{median:.4g}"
        print(f"{attack}: {engine} {found} of {given.count}, median {median}, {time.perf_counter() - started:.1f} s", flush=True)

    for attack in given.attacks.split(","):
        options, order, of_attack = of_all[attack]
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "found.json"
            words = ["--threads", str(given.threads), "attack", "--model", given.weights, "--arch", "small-cnn", "--dataset", "mnist"]
            words += ["--attack", attack.removesuffix("-linf").removesuffix("-l1"), *options, "--count", str(given.count), "--json", str(out), "--quiet"]
            subprocess.run([given.binary, *words], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DOUBLEBACK_DATA": str(given.data)})
            ours = json.loads(out.read_text())
        report(attack, "doubleback", ours["distance"]["found"], ours["distance"]["median"], started)
        x, y = test_images(given.data / "mnist", ours["index"])
        for name, run in of_attack.items():
            started = time.perf_counter()
            examples = run(x, y).detach()
            with torch.no_grad():
                found = net(examples).argmax(1) != y
            far = torch.where(found, (examples - x).flatten(1).norm(p=order, dim=1), torch.inf)
            report(attack, name, int(found.sum()), far.quantile(0.5, interpolation="midpoint").item(), started)


if __name__ == "__main__":
    main()
