
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"Pƒ‰e?˜‡>ZŸ¿Üx©¿Ec?¼óÄ?|©Û¿™ôN>)J/?ãwä½ƒ&À¿‚êM¿•n¿¸Ê¿|¾6ÑS?¤¥±?¬¹¿>
RÈ>DHˆ¿
C
args_0Const*
dtype0*%
valueB"l5¿C:„¿ïÎ?6S=
s
op_FusedMatMulabargs_0*
T0*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%š™™>*
num_args