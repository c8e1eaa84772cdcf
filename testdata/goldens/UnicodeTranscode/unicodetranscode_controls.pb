
2
inputPlaceholder*
dtype0*
shape:
v
opUnicodeTranscodeinput*
input_encodingUTF-8*
output_encodingUTF-8* 
replace_control_characters(