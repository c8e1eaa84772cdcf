
2
inputPlaceholder*
dtype0*
shape:
Š
opUnicodeTranscodeinput*
errorsstrict*
input_encodingUTF-8*
output_encodingUTF-8* 
replace_control_characters(