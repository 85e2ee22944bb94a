"""A trained model behind HTTP, with a page for it: `rnn-zoo serve`; needs the extra `serve`."""
