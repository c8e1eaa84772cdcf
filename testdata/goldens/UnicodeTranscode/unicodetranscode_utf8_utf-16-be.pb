
2
inputPlaceholder*
dtype0*
shape:
X
opUnicodeTranscodeinput*
input_encodingUTF-8*
output_encoding	UTF-16-BE