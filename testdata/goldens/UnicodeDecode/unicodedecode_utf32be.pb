
2
inputPlaceholder*
dtype0*
shape:

9
opUnicodeDecodeinput*
input_encoding	UTF-32-BE