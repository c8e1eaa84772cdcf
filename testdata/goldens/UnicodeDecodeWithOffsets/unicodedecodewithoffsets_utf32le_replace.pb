
2
inputPlaceholder*
dtype0*
shape:

’
opUnicodeDecodeWithOffsetsinput*
errors	replace*
input_encoding
utf_32le* 
replace_control_characters(*
replacement_char?