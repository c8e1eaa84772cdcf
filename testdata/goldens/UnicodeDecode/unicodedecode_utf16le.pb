
2
inputPlaceholder*
dtype0*
shape:
8
opUnicodeDecodeinput*
input_encoding
UTF-16LE