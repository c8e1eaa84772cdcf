
2
inputPlaceholder*
dtype0*
shape:
W
opUnicodeTranscodeinput*
input_encoding
US-ASCII*
output_encodingUTF-8