
2
inputPlaceholder*
dtype0*
shape:

W
opUnicodeTranscodeinput*
input_encoding
utf_32le*
output_encodingUTF-8