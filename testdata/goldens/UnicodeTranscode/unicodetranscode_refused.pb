
2
inputPlaceholder*
dtype0*
shape:
h
opUnicodeTranscodeinput*
errorsstrict*
input_encodingUTF-8*
output_encodingUTF-8