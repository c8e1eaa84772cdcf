
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"P…ð—¿\EG¿±[¿ŸÐú¾Ö¯Ü¾õ™¾n±>0pB¿ŠÜ‡?y×<½ò‘à>ÇCñ¾	¡‚?ÖÙ=Ãû?ûp¿>‹¿F[	ÀÁAÀbD<?
C
args_0Const*
dtype0*%
valueB"­ä*?‹Tý?¯ù›?¤ÉÀ
m
op_FusedMatMulabargs_0*
T0*
	fused_ops
	BiasAdd*
leakyrelu_alpha%š™™>*
num_args