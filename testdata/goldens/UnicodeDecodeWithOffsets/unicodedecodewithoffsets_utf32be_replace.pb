
2
inputPlaceholder*
dtype0*
shape:

“
opUnicodeDecodeWithOffsetsinput*
errors	replace*
input_encoding	UTF-32-BE* 
replace_control_characters(*
replacement_char?