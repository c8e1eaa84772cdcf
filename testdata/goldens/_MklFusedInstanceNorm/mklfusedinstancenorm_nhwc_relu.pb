
:
xPlaceholder*
dtype0*
shape:
>
gammaConst*
dtype0*!
valueB"vÒ?;ÉÔ?ÿd>
=
betaConst*
dtype0*!
valueB"YØå¾b	Á<èÆF?
w
op_MklFusedInstanceNormxgammabeta*
T0*
epsilon%oƒ:*
	fused_ops
Relu*
reduction_axes
