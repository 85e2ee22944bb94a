"""What `rnn_zoo.layers.RNN` needs of a backend and `keras.ops` does not have.

The functions are those of `_tensorflow` or of `_jax`, by the backend that Keras runs on.

`loop(body, carry, steps, backwards=False, *, differentiable=False, window=None, ahead=0)` runs over
the first axis of `steps` and returns what the last step carried on, and what was kept, each
`(time, ...)`, in the order of `steps`; zeros for steps that were not run.

| argument | meaning |
|---|---|
| `body` | from what is carried and one of `steps` to what is carried on and what to keep of it |
| `carry` | what the first step is given: tensors in any structure, which `body` returns again |
| `steps` | tensors `(time, ...)` in any structure |
| `backwards` | whether to run from the last step to the first |
| `differentiable` | whether the backend differentiates the loop; its steps are then read so that \
this is fast |
| `window` | the first step to run and the one after the last; None: all of them, always on JAX |
| `ahead` | how many of the tensors in `steps`, the first ones, TensorFlow reads a step ahead. XLA \
then keeps them in an array of their own: it does not vectorize an operation that both slices an \
array and reads all of it |

`vjp(function, primals, cotangents)` gives the vector-Jacobian products of `function`, which returns
a list, for each of `primals`. `cotangents(upstream)` lists what the gradient given to
`keras.ops.custom_gradient` is called with. `compiled(function)` is compiled by XLA as one operation
of a TensorFlow graph. `shapes_of(function)` has the shapes and dtypes of what `function()` would
return, and runs nothing. `group_rows(count, mask)` sorts the rows of a batch into groups.

>>> from keras import ops
>>> def add(total, value):
...     return total + value, [total + value]
>>> total, (sums,) = loop(add, ops.array(0), ops.array([1, 2, 3]))
>>> int(total), [int(s) for s in sums]
(6, [1, 3, 6])
>>> two, three, one = ops.array(2.0), ops.array(3.0), ops.array(1.0)
>>> [float(gradient) for gradient in vjp(lambda a, b: [a * b], [two, three], [one])]
[3.0, 2.0]
"""

import keras

from rnn_zoo.errors import BackendError

if keras.backend.backend() == "jax":
    from rnn_zoo.layers._jax import compiled, cotangents, group_rows, loop, shapes_of, vjp
elif keras.backend.backend() == "tensorflow":
    from rnn_zoo.layers._tensorflow import compiled, cotangents, group_rows, loop, shapes_of, vjp
else:
    raise BackendError(
        f"rnn_zoo runs on TensorFlow and on JAX, and Keras runs on {keras.backend.backend()}: set "
        "KERAS_BACKEND=tensorflow or KERAS_BACKEND=jax."
    )

__all__ = ["compiled", "cotangents", "group_rows", "loop", "shapes_of", "vjp"]
