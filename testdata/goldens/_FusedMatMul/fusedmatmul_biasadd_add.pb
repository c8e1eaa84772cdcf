
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"P‡Œ½×.½¾ÚŒÅ?eÉº¿²E£>µ®7¿>–E?½÷6@^[¸¿¦°>	ø–¾W/?ã¬?ä n?H¿Ôao??vâ=<û,¿@}è=‚F8=
C
args_0Const*
dtype0*%
valueB"ó(#¾l¼?œi›¿Â!œ¾
7
args_1Placeholder*
dtype0*
shape
:
z
op_FusedMatMulabargs_0args_1*
T0*
	fused_ops
BiasAddAdd*
leakyrelu_alpha%š™™>*
num_args