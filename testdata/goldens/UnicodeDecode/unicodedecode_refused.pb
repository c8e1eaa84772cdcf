
2
inputPlaceholder*
dtype0*
shape:
I
opUnicodeDecodeinput*
errorsstrict*
input_encodingUTF-8