
:
xPlaceholder*
dtype0*
shape:
>
gammaConst*
dtype0*!
valueB"Ô©'?3³>Ç%~>
=
betaConst*
dtype0*!
valueB"ç—ð½‡lÎ>á¬I¿
w
op_MklFusedInstanceNormxgammabeta*
T0*
epsilon%oƒ:*
	fused_ops
Relu*
reduction_axes
