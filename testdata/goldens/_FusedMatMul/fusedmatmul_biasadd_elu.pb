
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"P»<
@|I_¾S€º>«l¾L-ä¿Õ=vûå¿º™@¼õUÚ¾ðþ&?Iª‰½ân¨¾ëPi¿Öã¾$Ñí>LÏ+¾5Ò“¾ðÌ?U}¾†ÉGÀ
C
args_0Const*
dtype0*%
valueB"9¬¿Š•ö¿|%>ÍH7?
r
op_FusedMatMulabargs_0*
T0*
	fused_ops
BiasAddElu*
leakyrelu_alpha%š™™>*
num_args