"""Pictures: from files to what a model sees.

archives.py    ZIP files → the pictures in them
decoder.py     has pictures decoded in processes apart, each of which is decoding.py
picture.py     an encoded file, or raw grey bytes → an image
paper.py       a page with a digit on it → an image: light.py evens out the paper, pieces.py finds the digit,
               fitting.py puts it into MNIST's box
"""
