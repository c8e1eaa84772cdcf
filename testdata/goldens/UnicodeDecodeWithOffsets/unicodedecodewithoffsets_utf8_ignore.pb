
2
inputPlaceholder*
dtype0*
shape:
Ž
opUnicodeDecodeWithOffsetsinput*
errorsignore*
input_encodingUTF-8* 
replace_control_characters(*
replacement_char?