
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"Pl€¹¿¶ƒ¾/ê+¿Ñï¿Æ8¾p?=†@>A÷4?Š“Û<1…?uÝ>8€=¸®-?5G¾¾ ‡Ù¿%3£>JÉð¿p·í?@”&¿§¨?
C
args_0Const*
dtype0*%
valueB"¥U6>¤vX?†…¿O(z=
x
op_FusedMatMulabargs_0*
T0*#
	fused_ops
BiasAdd	GeluExact*
leakyrelu_alpha%š™™>*
num_args