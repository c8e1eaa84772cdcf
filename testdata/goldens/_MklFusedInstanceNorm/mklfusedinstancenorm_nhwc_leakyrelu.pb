
:
xPlaceholder*
dtype0*
shape:
>
gammaConst*
dtype0*!
valueB"¯Q‰¿¸æ?÷2g?
=
betaConst*
dtype0*!
valueB"5¶	@š›?ö‘H?
|
op_MklFusedInstanceNormxgammabeta*
T0*
epsilon%oƒ:*
	fused_ops
	LeakyRelu*
reduction_axes
