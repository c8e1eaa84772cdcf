
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"PfÝs>òS¿2–S¾}?LšÚ¾#ág¿Éö›¿ôÜ>Z-–¾'¿‚:VqÛ=¾FG?ñt>Ô~ž? \#?h…	?X‚³= ½i¾H‡K¿
C
args_0Const*
dtype0*%
valueB"¦Áè¾úýò?œaú¾n¬@
\
op_FusedMatMulabargs_0*
T0*!
	fused_ops
BiasAddNothing*
num_args