"""How far the nearest examples are that attacks find, beside torchattacks and foolbox, on the MNIST network of the TRADES authors.

    python scripts/compare-distances.py --binary target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 20

The images are those that doubleback draws. A median is over all images: one without an example counts as farther than any. Needs torch, torchattacks
3.5.1 and foolbox 3.3.4. DIR holds mnist/ with the official files.
"""
import argparse
import gzip
import importlib.util
import json
import os
import pathlib
import subprocess
import tempfile

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


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--binary", required=True)
    a.add_argument("--weights", required=True)
    a.add_argument("--data", required=True, type=pathlib.Path)
    a.add_argument("--count", default=20, type=int)
    given = a.parse_args()
    net = beside("compare-attacks.py").SmallCnn()
    net.load_state_dict(torch.load(given.weights, map_location="cpu"))
    net.eval()
    model = foolbox.PyTorchModel(net, bounds=(0, 1))
    peers = {
        "deepfool": {
            "torchattacks": lambda x, y: torchattacks.DeepFool(net, steps=50, overshoot=0.02)(x, y),
            "foolbox": lambda x, y: foolbox.attacks.L2DeepFoolAttack(steps=50, overshoot=0.02)(model, x, y, epsilons=None)[1],
        },
        "ddn": {"foolbox": lambda x, y: foolbox.attacks.DDNAttack(steps=100)(model, x, y, epsilons=None)[1]},
    }
    for attack, of_attack in peers.items():
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "found.json"
            words = ["attack", "--model", given.weights, "--dataset", "mnist", "--attack", attack, "--count", str(given.count), "--json", str(out)]
            subprocess.run([given.binary, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DOUBLEBACK_DATA": str(given.data)})
            ours = json.loads(out.read_text())
        median = ours["distance"]["median"]
        print(f"{attack}: doubleback {ours['distance']['found']} of {given.count}, median {'none' if median is None else f'{median:.2f}'}")
        x, y = test_images(given.data / "mnist", ours["index"])
        for name, run in of_attack.items():
            examples = run(x, y)
            found = net(examples).argmax(1) != y
            far = torch.where(found, (examples - x).flatten(1).norm(dim=1), torch.inf)
            print(f"{attack}: {name} {int(found.sum())} of {given.count}, median {far.quantile(0.5, interpolation='midpoint'):.2f}", flush=True)


if __name__ == "__main__":
    main()
