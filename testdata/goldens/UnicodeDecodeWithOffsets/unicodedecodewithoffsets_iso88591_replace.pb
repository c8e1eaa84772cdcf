
2
inputPlaceholder*
dtype0*
shape:
”
opUnicodeDecodeWithOffsetsinput*
errors	replace*
input_encoding
ISO-8859-1* 
replace_control_characters(*
replacement_char?