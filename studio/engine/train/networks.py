"""Fresh networks in the shape of a base's: what a training from scratch begins with."""

from typing import Any

from studio.engine.libraries import torch


def new_denoiser(base: Any, seed: int) -> Any:
    """A denoiser of the base's class and config with random weights, drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return type(base).from_config(base.config)


def new_autoencoder(base: Any, seed: int) -> Any:
    """An AutoencoderTiny of the base's config that passes the mean colours through before it has learnt anything.

    From the usual random weights such deep narrow stacks do not begin to learn; started as an average pooling with
    everything else damped, they do at once.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = type(base).from_config(base.config)
        _pass_colours(network)
    return network


@torch.no_grad()
def _pass_colours(network: Any) -> None:
    convolutions = torch.nn.Conv2d
    for module in network.modules():
        if isinstance(module, convolutions):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
    for module in network.modules():
        if type(module).__name__ == "AutoencoderTinyBlock":
            module.conv[4].weight.mul_(0.2)
            module.conv[4].weight[:3].mul_(0.2)
    encoder = [layer for layer in network.encoder.layers if isinstance(layer, convolutions)]
    decoder = [layer for layer in network.decoder.layers if isinstance(layer, convolutions)]
    _copy_colours(encoder[0], 1.0)
    for layer in encoder[1:-1]:
        layer.weight[:3] = 0
        for colour in range(3):
            layer.weight[colour, colour, 1:, 1:] = 0.25
    encoder[-1].weight.mul_(0.5)
    _copy_colours(encoder[-1], 4.0)
    _set_bias(encoder[-1], -2.0)
    _copy_colours(decoder[0], 0.25)
    _set_bias(decoder[0], 0.5)
    for layer in decoder[1:-1]:
        _copy_colours(layer, 1.0)
    decoder[-1].weight.mul_(0.1)
    _copy_colours(decoder[-1], 1.0)


def _copy_colours(layer: torch.nn.Conv2d, gain: float) -> None:
    layer.weight[:3] = 0
    for colour in range(3):
        layer.weight[colour, colour, 1, 1] = gain


def _set_bias(layer: torch.nn.Conv2d, value: float) -> None:
    assert layer.bias is not None
    layer.bias[:3] = value
