"""Language modelling on raw text, whole: data, masking, networks, module, commands."""
