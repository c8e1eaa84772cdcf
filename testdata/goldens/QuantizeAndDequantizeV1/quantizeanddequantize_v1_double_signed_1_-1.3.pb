
:
inputPlaceholder*
dtype0*
shape:
Š
opQuantizeAndDequantizeinput*
T0*
	input_max%š™9@*
	input_min%ff¦¿*
num_bits*
range_given(*
signed_input("