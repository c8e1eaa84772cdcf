
2
inputPlaceholder*
dtype0*
shape:
5
opUnicodeDecodeinput*
input_encodingUTF-9