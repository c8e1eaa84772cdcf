
2
inputPlaceholder*
dtype0*
shape:
è
opUnicodeDecodeWithOffsetsinput*
errors	replace*
input_encodingUTF-8* 
replace_control_characters(*
replacement_char?