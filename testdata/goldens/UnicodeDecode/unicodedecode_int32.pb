
2
inputPlaceholder*
dtype0*
shape:
D
opUnicodeDecodeinput*
Tsplits0*
input_encodingUTF-8