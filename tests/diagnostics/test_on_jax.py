import keras
import numpy as np
import pytest

from rnn_zoo.diagnostics import gate_activity, gradient_flow, hidden_states
from rnn_zoo.errors import BackendError


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="there it works")
@pytest.mark.parametrize("look", [gradient_flow, gate_activity, hidden_states])
def test_says_where_it_works(look):
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(2)])
    with pytest.raises(BackendError, match=r"load it with KERAS_BACKEND=tensorflow"):
        look(model, np.ones((1, 3, 2)), np.ones((1, 2)))
