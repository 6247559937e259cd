"""An encoder and a decoder as one network: what the autoencoders share.

The config of such a network has two fields, `encoder` and `decoder`, each the config of a half.
"""

import tensorflow as tf

from lowlevel.variables import JoinedStores, join


def build(encoder, decoder, config, seed):
    """Makes the variables of both halves from one seed.

    Args:
        encoder, decoder: the modules of the two halves.
        config: the config of the whole.
        seed: see `lowlevel.nets`.

    Returns:
        A `JoinedStores` with names such as `encoder/weights/c1`.
    """
    return JoinedStores(
        encoder=encoder.build(config.encoder, seed), decoder=decoder.build(config.decoder, seed)
    )


def forward(encoder, decoder, config, variables, images, training):
    """Runs the encoder, and the decoder on the latents that it returns.

    Neither half gets a seed, so neither may use dropout.

    Args:
        encoder, decoder: the modules of the two halves.
        config: the config of the whole.
        variables: what `build` returned.
        images: what the encoder takes.
        training: see `lowlevel.nets`.

    Returns:
        What the decoder makes of the latents; if `training`, the pair of that and the new values
        of both states, with names such as `encoder/bn1/mean`.
    """

    def half(name, net, net_config, x):
        with tf.name_scope(name):
            result = net.forward(net_config, variables.stores[name], x, training)
        return result if training else (result, {})

    latents, encoder_state = half("encoder", encoder, config.encoder, images)
    outputs, decoder_state = half("decoder", decoder, config.decoder, latents)
    new_state = join(encoder=encoder_state, decoder=decoder_state)
    return (outputs, new_state) if training else outputs
