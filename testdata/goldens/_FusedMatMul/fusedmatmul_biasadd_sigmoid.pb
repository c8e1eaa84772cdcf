
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"Pc€¯>šE„¿Sú<¾¬z1¿_€§?’'½?ªâEÀ9X*¿òOÀ_/¨?YÎ±>éWÑ?˜£L¿7ı?¢Å1=ñB?¥¾W¸ >&Çº>UØ¾
C
args_0Const*
dtype0*%
valueB"&¶!@t’ë>ç|İ?Yg >
v
op_FusedMatMulabargs_0*
T0*!
	fused_ops
BiasAddSigmoid*
leakyrelu_alpha%š™™>*
num_args