
2
inputPlaceholder*
dtype0*
shape:
O
opUnicodeDecodeinput*
input_encodingUTF-8*
replacement_char€€D