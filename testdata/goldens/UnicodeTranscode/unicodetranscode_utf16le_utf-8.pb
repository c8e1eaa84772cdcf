
2
inputPlaceholder*
dtype0*
shape:
W
opUnicodeTranscodeinput*
input_encoding
UTF-16LE*
output_encodingUTF-8