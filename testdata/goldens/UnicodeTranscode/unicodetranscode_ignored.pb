
2
inputPlaceholder*
dtype0*
shape:
h
opUnicodeTranscodeinput*
errorsignore*
input_encodingUTF-8*
output_encodingUTF-8