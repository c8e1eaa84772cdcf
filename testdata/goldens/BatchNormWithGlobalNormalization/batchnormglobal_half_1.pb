
:
tPlaceholder*
dtype0*
shape:
6
mConst*
dtype0*
valueB"9?Aµ’ø@∫
6
vConst*
dtype0*
valueB"Ë5?Q?;
9
betaConst*
dtype0*
valueB"í∫•.“-«9
:
gammaConst*
dtype0*
valueB"7Hµkº$
Å
op BatchNormWithGlobalNormalizationtmvbetagamma*
T0*
scale_after_normalization(*
variance_epsilon%oÉ:"