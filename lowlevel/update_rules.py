"""Update rules as formulas: from a variable, its gradient and its slots to new values."""

import tensorflow as tf

from lowlevel.types import ArrayLike, Tensor


def sgd_update(variable: Tensor, gradient: Tensor, learning_rate: ArrayLike) -> Tensor:
    """Gradient descent: `w - rate * g`."""
    return variable - learning_rate * gradient


def momentum_update(
    variable: Tensor,
    gradient: Tensor,
    velocity: Tensor,
    learning_rate: ArrayLike,
    momentum: float,
    nesterov: bool = False,
) -> tuple[Tensor, Tensor]:
    """Gradient descent with momentum, as Keras writes it.

        v' = momentum * v - rate * g
        w' = w + v'                               (Polyak, 1964)
        w' = w + momentum * v' - rate * g         (nesterov=True; Sutskever et al., 2013)

    Returns:
        The pair (w', v').
    """
    velocity = momentum * velocity - learning_rate * gradient
    step = momentum * velocity - learning_rate * gradient if nesterov else velocity
    return variable + step, velocity


def rmsprop_update(
    variable: Tensor,
    gradient: Tensor,
    v: Tensor,
    learning_rate: ArrayLike,
    rho: float = 0.9,
    epsilon: float = 1e-7,
) -> tuple[Tensor, Tensor]:
    """RMSprop, as Keras writes it: with epsilon inside the root.

        v' = rho * v + (1 - rho) * g**2
        w' = w - rate * g / sqrt(v' + epsilon)

    Returns:
        The pair (w', v').

    Source: Tieleman and Hinton (2012).
    """
    v = rho * v + (1 - rho) * tf.square(gradient)
    return variable - learning_rate * gradient / tf.sqrt(v + epsilon), v


def adam_alpha(
    t: Tensor, learning_rate: ArrayLike, beta_1: float = 0.9, beta_2: float = 0.999
) -> Tensor:
    """Adam's corrected learning rate at update `t`, from 1, a float scalar; see `adam_update`."""
    return learning_rate * tf.sqrt(1 - tf.pow(beta_2, t)) / (1 - tf.pow(beta_1, t))


def adam_update(
    variable: Tensor,
    gradient: Tensor,
    m: Tensor,
    v: Tensor,
    alpha: ArrayLike,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam, as Keras writes it: with epsilon outside the bias correction.

        m' = beta_1 * m + (1 - beta_1) * g
        v' = beta_2 * v + (1 - beta_2) * g**2
        alpha = rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)          (`adam_alpha`)
        w' = w - alpha * m' / (sqrt(v') + epsilon)

    Args:
        variable, gradient, m, v: tensors of one shape.
        alpha: a float scalar.

    Returns:
        The triple (w', m', v').

    Source: Kingma and Ba (2015), the formula before their section 2.1; their algorithm 1 adds
    epsilon to the corrected root instead.
    """
    m = m + (gradient - m) * (1 - beta_1)
    v = v + (tf.square(gradient) - v) * (1 - beta_2)
    return variable - alpha * m / (tf.sqrt(v) + epsilon), m, v


def nadam_momentum(t: Tensor, beta_1: float) -> Tensor:
    """Nadam's momentum at update `t`: `beta_1 * (1 - 0.96**t / 2)`, from half of beta_1 up."""
    return beta_1 * (1.0 - 0.5 * tf.pow(0.96, t))


def nadam_factors(
    t: Tensor, u_product: Tensor, beta_1: float = 0.9, beta_2: float = 0.999
) -> tuple[Tensor, ...]:
    """What Nadam's moments are multiplied or divided by at update `t`, see `nadam_update`.

    Returns:
        Float scalars: u_{t+1}, 1 - U_{t+1}, 1 - u_t, 1 - U_t and 1 - beta_2**t.
    """
    u, next_u = nadam_momentum(t, beta_1), nadam_momentum(t + 1, beta_1)
    return next_u, 1 - u_product * next_u, 1 - u, 1 - u_product, 1 - tf.pow(beta_2, t)


def nadam_update(
    variable: Tensor,
    gradient: Tensor,
    m: Tensor,
    v: Tensor,
    factors: tuple[Tensor, ...],
    learning_rate: ArrayLike,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam with Nesterov's look ahead, as Keras writes it.

        u_t = beta_1 * (1 - 0.96**t / 2)          (`nadam_momentum`; U_t = u_1 * u_2 * ... * u_t)
        m' = beta_1 * m + (1 - beta_1) * g
        v' = beta_2 * v + (1 - beta_2) * g**2
        ahead = u_{t+1} * m' / (1 - U_{t+1}) + (1 - u_t) * g / (1 - U_t)
        w' = w - rate * ahead / (sqrt(v' / (1 - beta_2**t)) + epsilon)

    Args:
        variable, gradient, m, v: tensors of one shape.
        factors: see `nadam_factors`.
        learning_rate: a float scalar.

    Returns:
        The triple (w', m', v').

    Source: Dozat (2016).
    """
    next_u, next_u_divisor, rest_of_u, u_divisor, v_divisor = factors
    m = m + (gradient - m) * (1 - beta_1)
    v = v + (tf.square(gradient) - v) * (1 - beta_2)
    ahead = next_u * m / next_u_divisor + rest_of_u * gradient / u_divisor
    return variable - ahead * learning_rate / (tf.sqrt(v / v_divisor) + epsilon), m, v


def orthogonalize(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Brings the singular values of a matrix near 1, each between about 0.7 and 1.2.

        x = matrix / ||matrix||                       (Frobenius norm)
        x' = 3.4445 x - 4.775 (x x^T) x + 2.0315 (x x^T)^2 x        (Newton-Schulz, repeated)

    Args:
        matrix: `[rows, columns]`.
        iterations: how often x is replaced by x'.

    Returns:
        A matrix of the same shape.

    Source: Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks".
    """
    rows, columns = matrix.shape
    x = tf.transpose(matrix) if rows > columns else matrix  # so that x x^T is the smaller product
    x = x / (tf.norm(x) + 1e-7)
    for _ in range(iterations):
        square = tf.matmul(x, x, transpose_b=True)
        x = 3.4445 * x + tf.matmul(-4.775 * square + 2.0315 * tf.matmul(square, square), x)
    return tf.transpose(x) if rows > columns else x


def muon_update(
    variable: Tensor, gradient: Tensor, m: Tensor, learning_rate: ArrayLike, momentum: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Muon: descent along the orthogonalized momentum, as Keras writes it.

        m' = momentum * m + g
        u = orthogonalize(g + momentum * m')          (`orthogonalize`)
        w' = w - rate * 0.2 * sqrt(max(rows, columns)) * u

    The last factor makes the mean square of a step about that of Adam's, so that both rules can
    have one learning rate.

    Args:
        variable, gradient, m: tensors of one shape: `[rows, columns]`, or a kernel `[height, width,
            in, out]`, which is taken as a matrix `[height * width * in, out]`.
        learning_rate: a float scalar.

    Returns:
        The pair (w', m').

    Source: Jordan et al. (2024); Liu et al. (2025), "Muon is scalable for LLM training", for the
    factor.
    """
    m = gradient + momentum * m
    matrix = tf.reshape(gradient + momentum * m, [-1, variable.shape[-1]])
    scale = 0.2 * max(matrix.shape) ** 0.5
    step = learning_rate * scale * orthogonalize(matrix)
    return variable - tf.reshape(step, variable.shape), m
