"""Programs that ask an exported model, to be copied to where it is served."""
