
2
inputPlaceholder*
dtype0*
shape:
Y
opUnicodeTranscodeinput*
input_encoding
ISO-8859-1*
output_encodingUTF-8