"""Deep learning written out in bare TensorFlow ops: no Keras, nothing hidden.

Importing this package imports nothing else: `from lowlevel import ops` brings in TensorFlow.
"""

__version__ = "0.1.0"
