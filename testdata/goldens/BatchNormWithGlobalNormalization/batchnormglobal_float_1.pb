
:
tPlaceholder*
dtype0*
shape:
>
mConst*
dtype0*%
valueB"Q¸æ≈ó[ø(Wûø“(=
>
vConst*
dtype0*%
valueB"–w¨?y]Ì>",∑?0C≤?
A
betaConst*
dtype0*%
valueB"ÙﬂvøG≤wΩÓñøJ„>
B
gammaConst*
dtype0*%
valueB"Nƒ§>∏”†?πîä?¢Â8?
Å
op BatchNormWithGlobalNormalizationtmvbetagamma*
T0*
scale_after_normalization(*
variance_epsilon%oÉ:"