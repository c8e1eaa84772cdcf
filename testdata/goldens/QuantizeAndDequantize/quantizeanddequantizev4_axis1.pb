
6
inputPlaceholder*
dtype0*
shape
:
R
	input_minConst*
dtype0*1
value(B&"c‡¾6¡{¿Kô7¾Ó\Š¿Iò…¿×ÀÈ¿ğÒ|¿
R
	input_maxConst*
dtype0*1
value(B&"| Ó?¤ñ?q¤?€ó?iS(@á²-@Ÿ¼?
b
opQuantizeAndDequantizeV4input	input_min	input_max*
T0*

axis*
range_given(