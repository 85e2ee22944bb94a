"""Recurrent cells: one file a cell, the equations first.

A cell is an ordinary Keras layer and runs in `keras.layers.RNN` and in `rnn_zoo.layers.RNN`.
"""

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.chrono import Chrono
from rnn_zoo.cells.gru_cell import GRUCell
from rnn_zoo.cells.irnn_cell import IRNNCell
from rnn_zoo.cells.layer_norm_lstm_cell import LayerNormLSTMCell
from rnn_zoo.cells.linear_cell import LinearRecurrentCell
from rnn_zoo.cells.lstm_cell import LSTMCell
from rnn_zoo.cells.min_gru_cell import MinGRUCell
from rnn_zoo.cells.min_lstm_cell import MinLSTMCell
from rnn_zoo.cells.mlstm_cell import MLSTMCell
from rnn_zoo.cells.peephole_lstm_cell import PeepholeLSTMCell
from rnn_zoo.cells.positive import positive
from rnn_zoo.cells.registry import get, names, register
from rnn_zoo.cells.rg_lru_cell import RGLRUCell
from rnn_zoo.cells.simple_rnn_cell import SimpleRNNCell
from rnn_zoo.cells.slstm_cell import SLSTMCell

__all__ = [
    "Chrono",
    "GRUCell",
    "IRNNCell",
    "LSTMCell",
    "LayerNormLSTMCell",
    "LinearRecurrentCell",
    "MLSTMCell",
    "MinGRUCell",
    "MinLSTMCell",
    "PeepholeLSTMCell",
    "RGLRUCell",
    "RecurrentCell",
    "SLSTMCell",
    "SimpleRNNCell",
    "get",
    "names",
    "positive",
    "register",
]
