"""Times the steps of `doubleback bench step` in PyTorch on the CPU; prints the same lines.

forward: logits without a graph. input_gradient: one batch of FGSM. plain: cross-entropy and Adam. double: cross-entropy plus the
penalty on the squared input gradient, and Adam. All in training mode, as doubleback's, or the first two as in use.
"""
import torch
from torch.nn.functional import cross_entropy

import timing
from pytorch_networks import build


def main():
    options = timing.parser(__doc__.splitlines()[0])
    options.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    options.add_argument("--only", choices=timing.STEPS)
    options.add_argument("--inference", action="store_true", help="moving averages; parameters need no gradient")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    network, images, labels = build(given.arch, given.pool, given.batch, given.channels_last)
    if given.inference:
        network.eval().requires_grad_(False)
    adam = torch.optim.Adam(network.parameters(), lr=2e-4, eps=1e-4, fused=True)

    def forward():
        with torch.no_grad():
            network(images)

    def input_gradient():
        x = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(network(x), labels), x)
        return (images + 0.1 * gradient.sign()).clamp(0, 1)

    def plain():
        adam.zero_grad()
        cross_entropy(network(images), labels).backward()
        adam.step()

    def double():
        adam.zero_grad()
        x = images.detach().requires_grad_()
        loss = cross_entropy(network(x), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
        ((loss + 0.1 * gradient.square().sum()) / given.batch).backward()
        adam.step()

    steps = {"forward": forward, "input_gradient": input_gradient, "plain": plain, "double": double}
    if given.inference:
        steps = {name: steps[name] for name in timing.IN_USE}
    layout = ", channels last" if given.channels_last else ""
    timing.time_steps(f"PyTorch {torch.__version__}{layout}", steps, given.only, given.runs)


if __name__ == "__main__":
    main()
