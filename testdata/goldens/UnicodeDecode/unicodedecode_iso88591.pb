
2
inputPlaceholder*
dtype0*
shape:
:
opUnicodeDecodeinput*
input_encoding
ISO-8859-1