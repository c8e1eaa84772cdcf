
2
inputPlaceholder*
dtype0*
shape:
k
opUnicodeDecodeinput*
errorsstrict*
input_encodingUTF-8* 
replace_control_characters(