"""What is uploaded for the functions: the layer, and archives that any machine builds alike."""
